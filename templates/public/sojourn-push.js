/* sojournPush.ask({writeKey, userId | anonymousId, serviceWorker, text, yes, no, again}) asks once and politely;
   sojournPush.subscribe({writeKey, userId | anonymousId, serviceWorker}) asks at once: call it on a click. */
(() => {
  const key = __KEY__, base = __BASE__, words = __WORDS__, name = "sojournPush", doc = document;
  let asked = false;

  const supported = () => "serviceWorker" in navigator && "PushManager" in window && !!key;

  const subscribe = async ({ writeKey, userId = "", userHash = "", anonymousId = "", serviceWorker = "/sw.js" }) => {
    if (!supported()) return false;
    if ((await Notification.requestPermission()) != "granted") return false;
    await navigator.serviceWorker.register(serviceWorker);
    const { pushManager } = await navigator.serviceWorker.ready;
    const subscription = await pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: key,
    });
    const answer = await fetch(`${base}/push/subscriptions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ writeKey, userId, userHash, anonymousId, subscription }),
    });
    if (answer.ok) await keep(subscription);
    return answer.ok;
  };

  const keep = async (subscription) => {
    try {
      (await caches.open(name)).put(`/${name}`, new Response(JSON.stringify(subscription)));
    } catch {};
  };

  const rests = (days) => {
    try {
      if (days) localStorage[name] = Date.now() + days * 864e5;
      return Date.now() < localStorage[name];
    } catch {
      return false;
    };
  };

  const make = (tag, set, ...inner) => {
    const made = Object.assign(doc.createElement(tag), set);
    made.append(...inner);
    return made;
  };

  const choice = (root, text, yes, no) => new Promise((choose) => {
    const button = (textContent, answer) => make("button", { textContent, onclick: () => choose(answer) });
    const box = make("section", { tabIndex: -1 }, make("p", { textContent: text }), button(yes, true), button(no));
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", text);
    const css = new CSSStyleSheet();
    css.replaceSync(`:host{all:initial;font:15px/1.4 system-ui;color-scheme:light dark}
      section{position:fixed;z-index:99;left:16px;bottom:16px;max-width:min(360px,100vw - 66px);
      padding:16px;border:1px solid #888;border-radius:12px;background:Canvas;color:CanvasText;
      overflow-wrap:anywhere}p{margin:0 0 12px;white-space:pre-line}
      button{font:inherit;padding:8px 16px;margin:0 8px 4px 0}
      @media (prefers-reduced-motion:no-preference){section{animation:a .3s}}
      @keyframes a{from{opacity:0;transform:translateY(8px)}}`);
    root.adoptedStyleSheets = [css];
    root.append(box);
    doc.addEventListener("keydown", ({ key }) => key == "Escape" && choose());
    if (doc.activeElement == doc.body) box.focus();
  });

  const ask = async ({ text = words[0], yes = words[1], no = words[2], again = 30, ...who }) => {
    if (asked || !supported() || Notification.permission != "default" || rests()) return false;
    asked = true;
    const host = doc.body.appendChild(make("div"));
    const wanted = await choice(host.attachShadow({ mode: "open" }), text, yes, no);
    host.remove();
    const done = !!wanted && await subscribe(who);
    if (!done) rests(again);
    return done;
  };

  window.sojournPush = { supported, subscribe, ask };
})();
