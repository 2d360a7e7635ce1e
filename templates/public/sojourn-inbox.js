/* sojournInbox.start({writeKey, user, token, anonymousId, bell}); .reset() at logout */
(() => {
  const [LIST, CLOSE, HIDE, NONE, MORE] = __WORDS__, doc = document, css = new CSSStyleSheet();
  css.replaceSync(`:host{all:initial;font:15px/1.4 system-ui;color-scheme:light dark}
    section{position:fixed;right:16px;bottom:16px;z-index:99;width:min(340px,100vw - 66px);
    max-height:70vh;overflow:auto;padding:16px;border:1px solid #888;border-radius:12px;
    background:Canvas;color:CanvasText;overflow-wrap:anywhere;white-space:pre-line}
    div+div{border-top:1px solid #8884;margin-top:16px;padding-top:16px}
    h2,p{font-size:1em;margin:0 0 8px}img{max-width:100%}
    a,button,b{font:inherit;border:0;border-radius:8px;padding:7px 14px;margin-right:8px;display:inline-block;text-decoration:none}
    a,b{background:#2257d6;color:#fff}b{padding:0 6px;margin:0}:not(img):empty{display:none}`);
  const make = (tag, set, ...inner) => {
    const el = Object.assign(doc.createElement(tag), set);
    el.append(...inner.filter(Boolean));
    return el;
  };
  const host = (into, ...inner) => {
    const root = into.appendChild(make("div")).attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [css];
    root.append(...inner);
  };
  const web = url => /^https?:/.test(url);
  let who, bar, bell, panel, items = [], shown;
  const call = (path, body) => fetch(`${__BASE__}/inbox/${path}?${new URLSearchParams({
    writeKey: who.writeKey, user: who.user || "" })}`, {
    method: body && "POST", body, keepalive: true,
    headers: { Authorization: "Bearer " + (who.token || who.anonymousId
      || (localStorage.sojourn ||= crypto.randomUUID())) } });
  const tell = (type, some) => some[0] && call("events",
    JSON.stringify({ events: some.map(({ id }) => ({ id, type })) }));
  const fresh = () => items.filter(m => !m.read);
  const see = some => {
    tell("impression", some);
    some.map(m => m.read = 1);
  };
  const card = m => make("div", {},
    web(m.image) && make("img", { src: m.image, alt: "" }),
    make("h2", { textContent: m.title }),
    make("p", { textContent: m.text }),
    web(m.url) && make("a", { href: m.url, textContent: m.button || MORE }),
    make("button", { textContent: m.dismiss || HIDE, onclick() {
      tell("dismiss", [m]);
      items = items.filter(other => other != m);
      draw();
    } }));
  const draw = () => {
    items.includes(shown) || (shown = fresh().find(m => m.placement == "banner"));
    bar.hidden = !shown || !panel.hidden;
    bar.replaceChildren(shown ? card(shown) : "");
    bar.hidden || shown.read || see([shown]);
    panel.replaceChildren(...(items[0] ? items.map(card) : [NONE]),
      make("div", {}, make("button", { textContent: CLOSE, onclick: () => open(false) })));
    bell.replaceChildren(LIST + " ", make("b", { textContent: fresh().length || "" }));
  };
  const open = now => {
    panel.hidden = !(bell.ariaExpanded = now);
    now && see(fresh());
    draw();
    (now ? panel : bell).focus();
  };
  window.sojournInbox = {
    async start(given) {
      who = given;
      bar = make("section", { ariaLabel: LIST, ariaLive: "polite" });
      panel = make("section", { ariaLabel: LIST, tabIndex: -1, hidden: true });
      bell = make("button", { onclick: () => open(panel.hidden) });
      doc.addEventListener("keyup", e => e.key == "Escape" && !panel.hidden && open(false));
      host(doc.body, bar, panel);
      if (who.bell) host(doc.querySelector(who.bell), bell);
      const got = await call("feed");
      if (got.ok) items = (await got.json()).items;
      draw();
    },
    reset() {
      delete localStorage.sojourn;
    },
  };
})();
