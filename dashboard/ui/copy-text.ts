/** Copies text to the clipboard, also where the Clipboard API is not available. */
import { toast } from './toasts.tsx';

/** Returns whether the text was copied; shows a toast when it was not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // navigator.clipboard is missing on a page served over plain HTTP from another machine.
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
  // An open dialog makes the rest of the page inert, and inert text cannot be selected.
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
