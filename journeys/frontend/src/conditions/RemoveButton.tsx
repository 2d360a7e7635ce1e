// The cross that takes a part of a condition away; whoever may only look does not see it.
import { Icon } from "../parts";
import { useBuilding } from "./asker";

export function RemoveButton({
  label,
  className = "sjc-tool",
  onClick,
}: {
  label: string;
  className?: string;
  onClick(event: React.MouseEvent): void;
}) {
  const { locked } = useBuilding();
  if (locked) return null;
  return (
    <button type="button" className={className} aria-label={label} title={label} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
