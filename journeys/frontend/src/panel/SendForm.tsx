// A message: its channels, and its content of its own or by the name of a template.
import { numberOf, useOffer, type Item } from "../choices/choices";
import { useEditor } from "../editor";
import { isMapping, list, text } from "../model/steps";
import { at, type Mapping, type Path } from "../model/tree";
import { CHANNEL_ICONS } from "../summary";
import { Icon } from "../parts";
import { count, t } from "../words";
import { Picker } from "./choices";
import { DurationField, Field, OptionalField, SelectField, useField } from "./fields";
import type { FormProps } from "./forms";

const TEXTS = [
  "subject",
  "html",
  "mjml",
  "text",
  "title",
  "body",
  "url",
  "image",
  "data",
  "locales",
];

/** What each channel says. */
const SAYS: Record<string, string[]> = {
  email: ["subject", "html", "text"],
  sms: ["text"],
  push: ["title", "body", "url", "image"],
  telegram: ["text", "image"],
  whatsapp: ["text"],
  webhook: ["data"],
  inbox: ["title", "body", "url", "image"],
};

export function SendForm({ path }: FormProps) {
  const body: Path = [...path, "send"];
  const editor = useEditor();
  const { value, set } = useField(body);
  const send = isMapping(value) ? value : {};
  const channels = list(send.channel).map(text);
  const named = "template" in send;
  const use = (template: boolean) => {
    const rest = Object.fromEntries(
      Object.entries(send).filter(([key]) => !TEXTS.includes(key) && key !== "template"),
    );
    set(template ? { ...rest, template: "" } : { ...rest, text: "" });
  };
  return (
    <>
      <Channels body={body} send={send} chosen={channels} />
      <Field label={t("Content")}>
        {(id) => (
          <select
            id={id}
            className="sj-input"
            disabled={editor.locked}
            value={named ? "template" : "own"}
            onChange={(event) => use(event.target.value === "template")}
          >
            <option value="own">{t("written here")}</option>
            <option value="template">{t("a template")}</option>
          </select>
        )}
      </Field>
      {named ? (
        <Picker label={t("Template")} kind="templates" path={[...body, "template"]} />
      ) : (
        <Texts body={body} send={send} channels={channels} />
      )}
      <details className="sje-more">
        <summary>{t("Delivery")}</summary>
        <Picker
          label={t("Topic")}
          kind="topics"
          optional
          path={[...body, "topic"]}
          help={t("Who unsubscribed from it does not get the message.")}
        />
        <DurationField label={t("Worth nothing after")} path={[...body, "expires"]} optional />
        <SelectField
          label={t("When it is not sent")}
          path={[...body, "on_skip"]}
          none={t("go on")}
          options={{ leave: t("leave the journey") }}
        />
        <SelectField
          label={t("When a frequency cap is full")}
          path={[...body, "on_cap"]}
          none={t("skip the message")}
          options={{
            defer: t("send it later"),
            leave: t("leave the journey"),
            next_channel: t("try the next channel"),
          }}
        />
        <Picker
          label={t("The offer ends")}
          kind="attributes"
          optional
          path={[...body, "offer_ends"]}
          placeholder="2026-12-24"
          help={t("A date, an attribute or entry.PROPERTY.")}
        />
      </details>
    </>
  );
}

/** The channels in the order in which they are tried. */
function Channels({ body, send, chosen }: { body: Path; send: Mapping; chosen: string[] }) {
  const editor = useEditor();
  const { wrong, set } = useField([...body, "channel"]);
  const put = (next: string[]) => {
    set(next.length === 1 ? next[0]! : next);
    const said = next.flatMap((channel) => SAYS[channel] ?? ["text"]);
    for (const key of TEXTS)
      if (send[key] === "" && !said.includes(key)) editor.edit([...body, key], undefined);
  };
  const toggle = (channel: string) =>
    put(
      chosen.includes(channel) ? chosen.filter((each) => each !== channel) : [...chosen, channel],
    );
  const names = [...new Set([...Object.keys(editor.boot.channels), ...chosen])];
  const offer = useOffer("channels");
  const reach = new Map(offer.items?.map((each) => [each.name, each]));
  return (
    <fieldset className="sje-channels">
      <legend>{t("Channel")}</legend>
      {names.map((channel) => (
        <button
          key={channel}
          type="button"
          aria-pressed={chosen.includes(channel)}
          disabled={editor.locked}
          onClick={() => toggle(channel)}
        >
          <Icon name={CHANNEL_ICONS[channel] ?? "send"} />
          {editor.boot.channels[channel] ?? channel}
          <Reach item={reach.get(channel)} />
          {chosen.length > 1 && chosen.includes(channel) && <b>{chosen.indexOf(channel) + 1}</b>}
        </button>
      ))}
      {wrong && (
        <p className="sje-wrong" role="alert">
          {wrong}
        </p>
      )}
      {reach.size > 0 && (
        <p className="sje-help">{t("The numbers: customers whom a channel can reach.")}</p>
      )}
      {chosen.length > 1 && (
        <p className="sje-help">{t("The first of them that reaches the customer is taken.")}</p>
      )}
    </fieldset>
  );
}

/** How many customers a channel reaches. */
function Reach({ item }: { item: Item | undefined }) {
  if (!item) return null;
  const whole = count(item.of ?? 0);
  return <data title={t("of {n} customers", { n: whole })}>{numberOf(item)}</data>;
}

function Texts({ body, send, channels }: { body: Path; send: Mapping; channels: string[] }) {
  const wanted = new Set(channels.flatMap((channel) => SAYS[channel] ?? ["text"]));
  for (const key of TEXTS) if (text(send[key])) wanted.add(key);
  if ("mjml" in send) wanted.delete("html");
  const shown = TEXTS.filter((key) => wanted.has(key) && !["data", "locales"].includes(key));
  const more = ["variants", "locales", "data", "fallback"].filter(
    (key) => at(send, [key]) !== undefined,
  );
  return (
    <>
      {shown.map((key) => (
        <OptionalField
          key={key}
          label={LABELS[key]!()}
          path={[...body, key]}
          area={AREAS[key] ?? 0}
          placeholder={key === "subject" ? "{{ customer.firstName }}, …" : undefined}
          jinja
        />
      ))}
      {more.length > 0 && (
        <p className="sje-help">
          {t("Also in the document: {what}. Change it in the code.", { what: more.join(", ") })}
        </p>
      )}
    </>
  );
}

const AREAS: Record<string, number> = { html: 6, mjml: 6, text: 4, body: 3 };
const LABELS: Record<string, () => string> = {
  subject: () => t("Subject"),
  html: () => "HTML",
  mjml: () => "MJML",
  text: () => t("Text"),
  title: () => t("Title"),
  body: () => t("Message"),
  url: () => t("Opens the address"),
  image: () => t("Image (address)"),
};
