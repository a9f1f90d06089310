/** More about the element under the pointer or with the focus. What users must know is on the page itself. */
import * as Radix from '@radix-ui/react-tooltip';
import { type ReactNode, useState } from 'react';
import { useLayer } from './layer.tsx';

export const TooltipProvider = ({ children }: { readonly children: ReactNode }) => (
  <Radix.Provider delayDuration={250}>{children}</Radix.Provider>
);

interface TooltipProps {
  readonly text: ReactNode;
  /** For elements without an action of their own: a tap opens the tooltip, and a tap elsewhere closes it. */
  readonly isTapped?: boolean;
  /** One element that takes a ref and handlers. */
  readonly children: ReactNode;
}

export function Tooltip({ text, isTapped = false, children }: TooltipProps) {
  const layer = useLayer();
  const [isOpen, setOpen] = useState(false);
  const isEmpty = text === undefined || text === '';
  // Wraps its element even without a text: wrapping it later would create a new element, and the old one would lose the
  // focus.
  return (
    <Radix.Root open={isOpen && !isEmpty} onOpenChange={setOpen}>
      {/* Radix closes the tooltip on every click, so it is opened after that. */}
      <Radix.Trigger asChild onClick={isTapped ? () => queueMicrotask(() => setOpen(true)) : undefined}>
        {children}
      </Radix.Trigger>
      <Radix.Portal container={layer}>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-xs rounded-md bg-text px-2 py-1 text-xs text-panel shadow-lg"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
