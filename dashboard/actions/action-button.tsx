/** A button that runs an action at once or opens its dialog; without permission, it is disabled with the reason. */

import { type ComponentType, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { Button, type ButtonKind, ButtonLink } from '../ui/button.tsx';
import { toast } from '../ui/toasts.tsx';
import type { Action } from './action.ts';
import { ActionDialog } from './action-dialog.tsx';
import { planAddress } from './address.rules.ts';
import { actionOf } from './all-actions.ts';
import { perform } from './perform.ts';

interface Doing<Input extends object, Payload> {
  readonly action: Action<Input, Payload>;
  readonly input: Partial<Input>;
  readonly subject?: string;
  readonly initial?: Partial<Input>;
  readonly onDone?: (payload: Payload) => void;
  /** Runs on click here, because with this input the action is as harmless as one that always does. */
  readonly isInstant?: boolean;
  /** The reason why the action does not apply to this object now; undefined when it does. */
  readonly disabledBecause?: string | undefined;
}

interface LooksProps {
  readonly kind?: ButtonKind;
  readonly isSmall?: boolean;
  readonly icon?: ComponentType<{ className?: string }>;
  /** Replaces the action's label. */
  readonly label?: string;
}

export function ActionButton<Input extends object, Payload>(props: Doing<Input, Payload> & LooksProps) {
  const { kind, isSmall, icon, label } = props;
  const doing = useDoing(props);
  return (
    <>
      <DoingButton of={doing} {...{ kind, isSmall, icon, label }} />
      {doing.dialog}
    </>
  );
}

interface DoingButtonProps extends LooksProps {
  readonly of: Omit<ReturnType<typeof useDoing>, 'action'> & { readonly action: { readonly label: string } };
}

/** Only the button: the dialog is rendered elsewhere, so that it stays open if the action removes the button. */
export const DoingButton = ({ of, label, isSmall = true, ...looks }: DoingButtonProps) => (
  <Button {...looks} isSmall={isSmall} isBusy={of.isBusy} disabledBecause={of.offBecause} onClick={of.begin}>
    {label ?? of.action.label}
  </Button>
);

/** Starts an action; render `dialog` where it may open. */
export function useDoing<Input extends object, Payload>(doing: Doing<Input, Payload>) {
  const { action, input, onDone, isInstant = false, disabledBecause } = doing;
  const { isAllowed, reason } = usePermission(action.mutation);
  // The props at the start: the dialog does not change while the object below it does.
  const [asked, setAsked] = useState<Doing<Input, Payload>>();
  const [isBusy, setBusy] = useState(false);
  const now = async (): Promise<void> => {
    setBusy(true);
    const result = await perform(action, input as Input);
    setBusy(false);
    if (result.kind === 'done') {
      toast(action.says(result.payload));
      onDone?.(result.payload);
    } else if (result.kind === 'broken') toast(result.message, 'bad');
    // A server that requires reasons refuses an instant action without one: then open the dialog, which asks for it.
    else if (result.refusal.issues?.some(({ path }) => path.at(-1) === 'reason') === true) setAsked(doing);
    else toast(result.refusal.message, 'bad');
  };
  return {
    action,
    begin: () => (action.isInstant || isInstant ? void now() : setAsked(doing)),
    isBusy,
    offBecause: isAllowed ? disabledBecause : reason,
    dialog:
      asked === undefined ? null : (
        <ActionDialog
          action={asked.action}
          input={asked.input}
          subject={asked.subject}
          initial={asked.initial}
          onDone={asked.onDone}
          onClose={() => setAsked(undefined)}
        />
      ),
  };
}

/* A cure that the API suggests, as a button: runs its mutation with its input, like any other action. */

export interface CureProps {
  readonly cure: { readonly label: string; readonly mutation: string; readonly input: unknown };
  readonly subject?: string;
  readonly isPrimary?: boolean;
  readonly onDone?: () => void;
}

export function CureButton({ cure: { label, mutation, input }, subject, isPrimary = false, onDone }: CureProps) {
  const look = planAddress(mutation, input);
  const { reason } = usePermission(mutation);
  if (look !== undefined)
    return (
      <ButtonLink isSmall kind={isPrimary ? 'primary' : 'plain'} href={look} disabledBecause={reason}>
        {label}
      </ButtonLink>
    );
  const action = actionOf(mutation);
  if (action === undefined)
    return (
      <Button isSmall disabledBecause={`This page has no form for ${mutation}. Use GraphiQL.`}>
        {label}
      </Button>
    );
  return (
    <ActionButton
      action={action}
      input={input as object}
      initial={input as object}
      subject={subject}
      label={label}
      kind={isPrimary ? 'primary' : 'plain'}
      onDone={onDone}
    />
  );
}
