/** Places of labels along a line that must not stand on each other. Pure. */

/**
 * As near as there is room to where each wants to be, in order; what does not fit is counted by the last one.
 * @template {{y: number, text: string}} Label
 * @param {Label[]} labels sorted by `y` @param {{top: number, bottom: number, height: number}} room px
 * @returns {Label[]} with the `y` of their middles
 */
export function spread(labels, { top, bottom, height }) {
  const most = Math.max(1, Math.floor((bottom - top) / height));
  const kept = labels.slice(0, most).map((label) => ({ ...label, y: Math.min(Math.max(label.y, top + height / 2), bottom - height / 2) }));
  if (labels.length > most) kept[most - 1].text += ` +${labels.length - most}`;
  // Downwards each keeps its distance; then, upwards from the bottom, those pushed out come back.
  for (let i = 1; i < kept.length; i += 1) kept[i].y = Math.max(kept[i].y, kept[i - 1].y + height);
  for (let i = kept.length - 1; i >= 0; i -= 1) kept[i].y = Math.min(kept[i].y, (kept[i + 1]?.y ?? bottom + height / 2) - height);
  return kept;
}
