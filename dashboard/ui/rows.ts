/** Moves the focus to the rows of a table by keyboard, from anywhere on the page. */

const OPENED = 'tr[data-key][tabindex]';
const page = (): Element | null => document.getElementById('main');

/** Whether the page has rows that can get the focus. */
export const hasRows = (): boolean => page()?.querySelector(OPENED) != null;

/** Focuses the first row that is visible below the bar above the page. */
export function goToRows(within: Element | null = page()): void {
  const rows = [...(within?.querySelectorAll<HTMLElement>(OPENED) ?? [])];
  const row = rows.find((one) => one.getBoundingClientRect().top >= 48) ?? rows[0];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}
