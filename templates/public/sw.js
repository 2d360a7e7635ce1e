/* Shows Sojourn's push messages. In the website's own service worker: importScripts(".../push/sw.js") */
self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data ? event.data.json() : {};
  } catch {
    message = { body: event.data.text() };
  }
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
