/** A cure that the API suggests, as a button: runs its mutation with its input, like any other action. */
import { usePermission } from '../access/viewer.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { ActionButton } from './action-button.tsx';
import { actionOf } from './all-actions.ts';
import { planAddress } from './plan-address.rules.ts';

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
