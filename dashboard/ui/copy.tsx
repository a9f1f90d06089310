/** Copies to the clipboard and confirms it. */

import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { toast } from './toasts.tsx';

/* Copies text to the clipboard, also where the Clipboard API is not available. */

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

function useCopied(): readonly [boolean, (text: string) => void] {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = (text: string): void => {
    void copyText(text).then(setCopied);
  };
  return [isCopied, copy];
}

/** `label` names what is copied: "Copy the entry’s id". */
export function CopyIcon({ text, label }: { readonly text: string; readonly label: string }) {
  const [isCopied, copy] = useCopied();
  return (
    <IconButton icon={isCopied ? Check : Copy} label={isCopied ? 'Copied' : label} isSmall onClick={() => copy(text)} />
  );
}

export function CopyButton({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  const [isCopied, copy] = useCopied();
  return (
    <Button isSmall icon={isCopied ? Check : Copy} onClick={() => copy(text)}>
      {isCopied ? 'Copied' : children}
    </Button>
  );
}

/** An id or other machine text: it may be shortened on the page, while the clipboard gets all of it. */
export const Code = ({ children, isShort = false }: { readonly children: string; readonly isShort?: boolean }) => (
  <code
    className="rounded bg-raised px-1 py-0.5 font-mono text-xs wrap-anywhere"
    title={isShort ? children : undefined}
  >
    {isShort ? `${children.slice(0, 8)}…` : children}
  </code>
);

/** Machine text with a copy button; `label` names what is copied: "the entry’s id". */
export const Copied = ({ of, label, isShort = false }: CopiedProps) => (
  <span className={`inline-flex max-w-full items-center gap-x-1 ${isShort ? 'whitespace-nowrap' : ''}`}>
    <Code isShort={isShort}>{of}</Code>
    <CopyIcon text={of} label={`Copy ${label}`} />
  </span>
);
interface CopiedProps {
  readonly of: string;
  readonly label: string;
  readonly isShort?: boolean;
}

/* Machine text, unchanged, line by line; long text scrolls in its own box. */

interface PreProps {
  /** What the text is, for screen readers and for the copy button. */
  readonly label: string;
  readonly text: string;
}

export const Pre = ({ label, text }: PreProps) => (
  <div className="relative min-w-0">
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard. */}
    <section tabIndex={0} aria-label={label} className="max-h-80 overflow-auto rounded-md border bg-raised">
      <pre className="px-3 py-2 pr-10 font-mono text-xs break-words whitespace-pre-wrap">{text}</pre>
    </section>
    <div className="absolute top-1 right-1">
      <CopyIcon text={text} label={`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`} />
    </div>
  </div>
);

/** Indents JSON; returns text that is not JSON unchanged. */
export function indented(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
