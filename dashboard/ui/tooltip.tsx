/** More about what is under the pointer or has the focus. What must be known stands in the page itself. */
import * as Radix from '@radix-ui/react-tooltip';
import { type ReactNode, useState } from 'react';
import { useLayer } from './layer.tsx';

export const TooltipProvider = ({ children }: { readonly children: ReactNode }) => (
  <Radix.Provider delayDuration={250}>{children}</Radix.Provider>
);

interface TooltipProps {
  readonly text: ReactNode;
  /** Of what is no button and so does nothing else: a tap opens it, and one elsewhere closes it. */
  readonly isTapped?: boolean;
  /** One element that takes a ref and handlers. */
  readonly children: ReactNode;
}

export function Tooltip({ text, isTapped = false, children }: TooltipProps) {
  const layer = useLayer();
  const [isOpen, setOpen] = useState(false);
  const isEmpty = text === undefined || text === '';
  // Around its element also when there is nothing to say: an element that is wrapped later is another one, and loses the focus.
  return (
    <Radix.Root open={isOpen && !isEmpty} onOpenChange={setOpen}>
      {/* Radix closes it at every click: it is opened after that. */}
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
