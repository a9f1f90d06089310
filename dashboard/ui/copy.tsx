/** Copies to the clipboard and confirms it. */
import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { copyText } from './copy-text.ts';

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
