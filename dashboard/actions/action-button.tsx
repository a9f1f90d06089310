/** A button for an action: at once or by its dialog; what the viewer may not do stays and says why. */
import { type ComponentType, useRef, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { Button, type ButtonKind } from '../ui/button.tsx';
import { toast } from '../ui/toasts.tsx';
import type { Action } from './action.ts';
import { ActionDialog } from './action-dialog.tsx';
import { perform } from './perform.ts';

interface Doing<Input extends object, Payload> {
  readonly action: Action<Input, Payload>;
  readonly input: Partial<Input>;
  readonly subject?: string;
  readonly initial?: Partial<Input>;
  readonly onDone?: (payload: Payload) => void;
  /** Done at a click here, where with this input it is as harmless as one that always is. */
  readonly isInstant?: boolean;
  /** Why it cannot be done to this one now; undefined when it can. */
  readonly disabledBecause?: string | undefined;
}

interface ActionButtonProps<Input extends object, Payload> extends Doing<Input, Payload> {
  readonly kind?: ButtonKind;
  readonly isSmall?: boolean;
  readonly icon?: ComponentType<{ className?: string }>;
  /** Instead of the action's own. */
  readonly label?: string;
}

export function ActionButton<Input extends object, Payload>(props: ActionButtonProps<Input, Payload>) {
  const { action, kind, isSmall = true, icon, label } = props;
  const { begin, isBusy, dialog, offBecause } = useDoing(props);
  return (
    <>
      <Button kind={kind} isSmall={isSmall} icon={icon} isBusy={isBusy} disabledBecause={offBecause} onClick={begin}>
        {label ?? action.label}
      </Button>
      {dialog}
    </>
  );
}

/** Begins an action; `dialog` is to be rendered where it may stand open. */
export function useDoing<Input extends object, Payload>({
  action,
  input,
  subject,
  initial,
  onDone,
  isInstant = false,
  disabledBecause,
}: Doing<Input, Payload>) {
  const { isAllowed, reason } = usePermission(action.mutation);
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const key = useRef<string>(crypto.randomUUID());
  const now = async (): Promise<void> => {
    setBusy(true);
    const result = await perform(action, input as Input, key.current);
    setBusy(false);
    // A click after an answer that was lost is the same intent.
    if (result.kind !== 'broken') key.current = crypto.randomUUID();
    if (result.kind === 'done') {
      toast(action.says(result.payload));
      onDone?.(result.payload);
    } else if (result.kind === 'broken') toast(result.message, 'bad');
    // A server that insists on reasons refuses an instant action without one: then it is asked for.
    else if (result.refusal.issues?.some(({ path }) => path.at(-1) === 'reason') === true) setAsking(true);
    else toast(result.refusal.message, 'bad');
  };
  return {
    begin: () => (action.isInstant || isInstant ? void now() : setAsking(true)),
    isBusy,
    offBecause: isAllowed ? disabledBecause : reason,
    dialog: isAsking ? (
      <ActionDialog {...{ action, input, subject, initial, onDone }} onClose={() => setAsking(false)} />
    ) : null,
  };
}
