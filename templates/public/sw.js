/* Shows Sojourn's push messages. In the website's own service worker: importScripts(".../push/sw.js") */
self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data ? event.data.json() : {};
  } catch {
    message = { body: event.data.text() };
  };
  const { title = "", body = "", url = "", image, tag, data } = message;
  const options = { body, tag, data: { ...data, url } };
  if (image) options.image = image;
  event.waitUntil(self.registration.showNotification(title || self.location.hostname, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data && event.notification.data.url;
  if (url) event.waitUntil(self.clients.openWindow(url));
});

/* Some browsers do not say which subscription they changed: sojourn-push.js has kept it. */
self.addEventListener("pushsubscriptionchange", (event) => {
  const renew = async () => {
    const kept = await caches.open("sojournPush");
    const known = await kept.match("/sojournPush");
    const old = event.oldSubscription ? event.oldSubscription.toJSON() : known && await known.json();
    if (!old) return;
    const subscription = event.newSubscription || await self.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: __KEY__,
    });
    const answer = await fetch(`${__BASE__}/push/renewals`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ old: old.endpoint, auth: old.keys.auth, subscription }),
    });
    if (answer.ok) await kept.put("/sojournPush", new Response(JSON.stringify(subscription)));
  };
  event.waitUntil(renew());
});
