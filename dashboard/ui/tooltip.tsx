/** More about what is under the pointer or has the focus. What must be known stands in the page itself. */
import * as Radix from '@radix-ui/react-tooltip';
import type { ReactNode } from 'react';
import { useLayer } from './layer.tsx';

export const TooltipProvider = ({ children }: { readonly children: ReactNode }) => (
  <Radix.Provider delayDuration={250}>{children}</Radix.Provider>
);

interface TooltipProps {
  readonly text: ReactNode;
  /** One element that takes a ref and handlers. */
  readonly children: ReactNode;
}

export function Tooltip({ text, children }: TooltipProps) {
  const layer = useLayer();
  if (text === undefined || text === '') return children;
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
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
