// Two texts line by line: what both have, what only they have, what only we have.
export interface Line {
  kind: "same" | "theirs" | "mine";
  text: string;
}

export function difference(theirs: string, mine: string): Line[] {
  const [a, b] = [theirs.split("\n"), mine.split("\n")];
  const longest = table(a, b);
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: "same", text: a[i]! });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && longest[i + 1]![j]! >= longest[i]![j + 1]!))
      found.push({ kind: "theirs", text: a[i++]! });
    else found.push({ kind: "mine", text: b[j++]! });
  }
  return found;
}

/** How many lines the rests of both texts share, from each pair of lines on. */
function table(a: string[], b: string[]): number[][] {
  const found = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      found[i]![j] =
        a[i] === b[j] ? found[i + 1]![j + 1]! + 1 : Math.max(found[i + 1]![j]!, found[i]![j + 1]!);
    }
  }
  return found;
}
