/** Goes to the rows of a table by key, from wherever one is. */

const OPENED = 'tr[data-key][tabindex]';
const page = (): Element | null => document.getElementById('main');

/** Whether the page has rows that one can go to. */
export const hasRows = (): boolean => page()?.querySelector(OPENED) != null;

/** Goes to the first row that is in sight below the bar above the page. */
export function goToRows(within: Element | null = page()): void {
  const rows = [...(within?.querySelectorAll<HTMLElement>(OPENED) ?? [])];
  const row = rows.find((one) => one.getBoundingClientRect().top >= 48) ?? rows[0];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}
