/* sojournPush.subscribe({writeKey, userId | anonymousId, serviceWorker: "/sw.js"}): call it on a click. */
(() => {
  const key = __KEY__;
  const base = __BASE__;

  const bytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  };

  const supported = () => "serviceWorker" in navigator && "PushManager" in window && Boolean(key);

  async function subscribe({ writeKey, userId = "", anonymousId = "", serviceWorker = "/sw.js" }) {
    if (!supported()) return false;
    if ((await Notification.requestPermission()) !== "granted") return false;
    await navigator.serviceWorker.register(serviceWorker);
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(key),
    });
    const answer = await fetch(`${base}/push/subscriptions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ writeKey, userId, anonymousId, subscription }),
    });
    return answer.ok;
  }

  window.sojournPush = { supported, subscribe };
})();
