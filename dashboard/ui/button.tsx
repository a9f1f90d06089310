/** Buttons. A disabled button stays visible, can be focused, and gives the reason. */

import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ComponentType, ReactNode, Ref } from 'react';
import { Link } from 'wouter';
import { Tooltip } from './tooltip.tsx';

export type ButtonKind = 'primary' | 'plain' | 'danger' | 'ghost';

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  readonly kind?: ButtonKind;
  readonly icon?: ComponentType<{ className?: string }>;
  readonly isSmall?: boolean;
  readonly isBusy?: boolean;
  /** The reason why it is disabled; undefined when it is enabled. */
  readonly disabledBecause?: string | undefined;
  /** The tooltip; by default the reason why it is disabled. */
  readonly tip?: string | undefined;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

const LOOKS: Readonly<Record<ButtonKind, string>> = {
  primary: 'bg-accent-fill text-white border-transparent hover:brightness-110',
  plain: 'bg-panel text-text border-line-strong/60 hover:bg-raised',
  danger: 'bg-bad-fill text-white border-transparent hover:brightness-110',
  ghost: 'bg-transparent text-text border-transparent hover:bg-raised',
};

const shape = (kind: ButtonKind, isSmall: boolean): string =>
  `inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none ${
    isSmall ? 'h-7 px-2 text-sm' : 'h-8 px-3 text-base'
  } ${LOOKS[kind]}`;

export function Button({
  kind = 'plain',
  icon: Icon,
  isSmall = false,
  isBusy = false,
  disabledBecause,
  tip = disabledBecause,
  'aria-disabled': isToldOff,
  className = '',
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  const isOff = isBusy || disabledBecause !== undefined || isToldOff === true;
  return (
    <Tooltip text={tip}>
      <button
        {...rest}
        type={type}
        aria-disabled={isOff || undefined}
        aria-busy={isBusy || undefined}
        onClick={isOff ? (event) => event.preventDefault() : onClick}
        className={`${shape(kind, isSmall)} ${isOff ? 'cursor-not-allowed! opacity-55' : ''} ${className}`}
      >
        {isBusy ? (
          <LoaderCircle className="size-4 animate-spin" />
        ) : (
          Icon !== undefined && <Icon className="size-4 shrink-0" />
        )}
        {children}
      </button>
    </Tooltip>
  );
}

interface ButtonLinkProps {
  readonly href: string;
  readonly kind?: ButtonKind;
  readonly icon?: ComponentType<{ className?: string }>;
  readonly isSmall?: boolean;
  /** The reason why the link is disabled; undefined when it is enabled. */
  readonly disabledBecause?: string | undefined;
  readonly children: ReactNode;
}

/** A link that looks like a button: it navigates and changes nothing. */
export const ButtonLink = ({ href, disabledBecause, ...looks }: ButtonLinkProps) => {
  const { kind = 'plain', icon: Icon, isSmall = false, children } = looks;
  if (disabledBecause !== undefined) return <Button {...looks} disabledBecause={disabledBecause} />;
  return (
    <Link href={href} className={shape(kind, isSmall)}>
      {Icon !== undefined && <Icon className="size-4 shrink-0" />}
      {children}
    </Link>
  );
};

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'tip'> {
  readonly icon: ComponentType<{ className?: string }>;
  /** What it does: its accessible name and its tooltip. */
  readonly label: string;
}

export const IconButton = ({ label, icon, kind = 'ghost', ...rest }: IconButtonProps) => (
  <Button
    {...rest}
    tip={rest.disabledBecause === undefined ? label : `${label}: ${rest.disabledBecause}`}
    kind={kind}
    icon={icon}
    aria-label={label}
    className={`px-1.5! ${rest.className ?? ''}`}
  />
);
