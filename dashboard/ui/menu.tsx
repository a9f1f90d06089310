/** A button that opens a list of actions. */

import * as Radix from '@radix-ui/react-dropdown-menu';
import type { ComponentType, ReactNode } from 'react';
import { useLayer } from './tooltip.tsx';

interface MenuProps {
  /** One button. */
  readonly trigger: ReactNode;
  readonly children: ReactNode;
}

// Not modal: a modal menu locks the page's scrolling with an inline style, which the content security policy forbids.
export const Menu = ({ trigger, children }: MenuProps) => (
  <Radix.Root modal={false}>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal container={useLayer()}>
      <Radix.Content
        align="end"
        sideOffset={4}
        collisionPadding={8}
        className="z-40 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded-lg border bg-panel p-1 shadow-xl"
      >
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);

interface MenuItemProps {
  readonly icon?: ComponentType<{ className?: string }>;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  /** The reason why it is disabled. */
  readonly disabledBecause?: string | undefined;
  readonly children: ReactNode;
}

export const MenuItem = ({ icon: Icon, onSelect, isDanger = false, disabledBecause, children }: MenuItemProps) => (
  <Radix.Item
    aria-disabled={disabledBecause !== undefined || undefined}
    onSelect={disabledBecause === undefined ? onSelect : (event) => event.preventDefault()}
    className={`flex cursor-pointer items-start gap-2 rounded-md px-2 py-1.5 outline-none data-highlighted:bg-raised ${isDanger ? 'text-bad' : ''}`}
  >
    {Icon !== undefined && <Icon className="mt-0.5 size-4 shrink-0" />}
    <span>
      <span className={disabledBecause === undefined ? '' : 'opacity-60'}>{children}</span>
      {disabledBecause !== undefined && <span className="block max-w-60 text-xs text-muted">{disabledBecause}</span>}
    </span>
  </Radix.Item>
);

export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />;

/** A choice of one option, with a mark at the current one. */
export function MenuChoice<Value extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChoose: (value: Value) => void;
}) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(chosen) => onChoose(chosen as Value)}>
      <Radix.Label className="px-2 pt-1.5 pb-0.5 text-xs text-muted">{label}</Radix.Label>
      {options.map(([key, text]) => (
        <Radix.RadioItem
          key={key}
          value={key}
          className="flex cursor-pointer items-center gap-2 rounded-md py-1.5 pr-2 pl-6 outline-none data-highlighted:bg-raised"
        >
          <Radix.ItemIndicator className="absolute left-3 size-1.5 rounded-full bg-accent" />
          {text}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}
