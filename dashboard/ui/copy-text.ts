/** Puts text into the clipboard, also where the page may not use it as the browsers want it today. */
import { toast } from './toasts.tsx';

/** Answers whether it is there; says so itself when it is not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Not there at all on a page that came over plain HTTP from another machine.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const isCopied = copyBySelecting(text);
    if (!isCopied) toast('The browser blocked copying. Select the text and copy it with the keyboard.', 'bad');
    return isCopied;
  }
}

function copyBySelecting(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'fixed top-0 left-0 size-px opacity-0';
  // An open dialog makes the rest of the page inert, and what is inert cannot be selected.
  (before?.closest('dialog') ?? document.body).append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    area.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
