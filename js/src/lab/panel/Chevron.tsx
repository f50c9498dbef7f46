import { Icon } from "../../views/icons";

/** Says whether what its button unfolds is open. */
export function Chevron() {
  return (
    <span class="bgw-lab-chevron">
      <Icon name="chevron" />
    </span>
  );
}
