/** The ways from a session to its cell and its views: side by side where there is room, else the rarer ones in a menu. */

import type { SidebarSession } from "../../state/wire.gen";
import { IconButton } from "../../views/controls";
import type { IconName } from "../../views/icons";
import { MenuButton } from "../../views/menu";
import type { KernelEntry, PanelActions } from "../model";
import { CELL, LINEAGE } from "./icons";
import type { PanelWidth } from "./width";

interface ViewButtonsProps {
  kernel: KernelEntry;
  session: SidebarSession;
  actions: PanelActions;
  width: PanelWidth;
}

interface Way {
  label: string;
  icon: IconName;
  onSelect: () => void;
}

export function ViewButtons({ kernel, session, actions, width }: ViewButtonsProps) {
  const gallery: Way = {
    label: "Open gallery",
    icon: "tilesLarge",
    onSelect: () => actions.openView(kernel, session, "gallery"),
  };
  const others: readonly Way[] = [
    {
      label: session.widgets.length ? "Show the cell" : "Show the notebook",
      icon: CELL,
      onSelect: () => actions.showCell(kernel, session),
    },
    { label: "Open progress", icon: "list", onSelect: () => actions.openView(kernel, session, "progress") },
    { label: "Open lineage", icon: LINEAGE, onSelect: () => actions.openView(kernel, session, "lineage") },
  ];
  const button = ({ label, icon, onSelect }: Way) => (
    <IconButton key={label} label={label} icon={icon} onClick={onSelect} />
  );
  return (
    <span class="bgw-lab-views">
      {button(gallery)}
      {width === "wide" ? others.map(button) : <MenuButton icon="more" label="More views" items={others} />}
    </span>
  );
}
