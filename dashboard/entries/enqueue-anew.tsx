/** Leads to the form for a new account, filled in from an entry that cannot succeed as it is. */
import { UserPlus } from 'lucide-react';
import { usePermission } from '../access/viewer.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { anewAddress, type EntryToCopy } from './enqueue-anew.rules.ts';

interface EnqueueAnewProps {
  readonly entry: EntryToCopy;
  readonly label?: string;
  readonly isSmall?: boolean;
}

export function EnqueueAnew({ entry, label = 'Enqueue again', isSmall = true }: EnqueueAnewProps) {
  const { isAllowed, reason } = usePermission('enqueueAccount');
  return isAllowed ? (
    <ButtonLink isSmall={isSmall} icon={UserPlus} href={anewAddress(entry)}>
      {label}
    </ButtonLink>
  ) : (
    <Button isSmall={isSmall} icon={UserPlus} disabledBecause={reason}>
      {label}
    </Button>
  );
}
