/** Copying to the clipboard, with an answer that it was done. */
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

/** `label` says what is copied: "Copy the entry’s id". */
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

/** An id or other text of machines: cut in the middle of the page, whole in the clipboard. */
export const Code = ({ children, isShort = false }: { readonly children: string; readonly isShort?: boolean }) => (
  <code
    className="rounded bg-raised px-1 py-0.5 font-mono text-xs wrap-anywhere"
    title={isShort ? children : undefined}
  >
    {isShort ? `${children.slice(0, 8)}…` : children}
  </code>
);

/** Such a text with its way to the clipboard; `label`: what is copied, "the entry’s id". */
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
