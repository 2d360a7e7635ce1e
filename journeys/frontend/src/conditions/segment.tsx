// The builder on a segment's page: it and the text below it are one condition.
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { createRoot } from "react-dom/client";
import { Choices } from "../choices/choices";
import { Wire } from "../http";
import type { Plain } from "../model/tree";
import { speak, t } from "../words";
import { Asker, type Addresses, type Audience } from "./asker";
import { Builder } from "./Builder";
import { patched, valueOf } from "./patch";

const root = document.getElementById("segment-builder");

interface Boot {
  urls: Addresses;
  slug: string;
  locked: boolean;
  /** That of the text on the page, where it is known. */
  audience: Audience | null;
  language: string;
  texts: Record<string, string>;
  plurals: Record<string, Record<string, string>>;
}

function Page({
  boot,
  source,
  aside,
}: {
  boot: Boot;
  source: HTMLTextAreaElement;
  aside: Element;
}) {
  const [asker] = useState(() => {
    const wire = new Wire(root?.dataset.csrf ?? "");
    return new Asker(new Choices(wire, boot.urls.choices), wire, boot.urls, "segment", boot.slug);
  });
  const [read, setRead] = useState<Plain | undefined>(() => valueOf(source.value));
  const [broken, setBroken] = useState(() => valueOf(source.value) === undefined);
  useEffect(() => {
    const look = () => {
      const found = valueOf(source.value);
      setBroken(found === undefined);
      if (found !== undefined) setRead(found);
    };
    source.addEventListener("input", look);
    return () => source.removeEventListener("input", look);
  }, [source]);
  const write = (next: Plain | undefined) => {
    const value = next ?? { all: [] };
    source.value = patched(source.value, value);
    setRead(value);
  };
  return (
    <>
      {broken && (
        <p className="sjc-wrong" role="alert">
          {t("The code below cannot be read yet; the builder shows what it said before.")}
        </p>
      )}
      <Builder
        asker={asker}
        first={boot.audience}
        place="segment"
        locked={boot.locked || broken}
        condition={read ?? undefined}
        onChange={write}
        frame={(rules, audience) => (
          <>
            {rules}
            {createPortal(audience, aside)}
          </>
        )}
      />
    </>
  );
}

const given = document.getElementById("segment-boot");
const source = document.getElementById("source");
const aside = document.getElementById("segment-audience");
if (root && given && aside && source instanceof HTMLTextAreaElement) {
  const boot = JSON.parse(given.textContent ?? "{}") as Boot;
  speak(boot);
  aside.replaceChildren();
  createRoot(root).render(<Page boot={boot} source={source} aside={aside} />);
}
