/** Runs the action chosen in the palette: at once, or in the dialog that the action has everywhere. */
import { useEffect, useRef, useState } from 'react';
import { ActionDialog } from '../../actions/action-dialog.tsx';
import { perform } from '../../actions/perform.ts';
import { toast } from '../../ui/toasts.tsx';
import type { Does } from './item.ts';

interface DoingProps {
  readonly what: Extract<Does, { kind: 'act' }>;
  readonly onClose: () => void;
}

export function Doing({ what: { action, input, subject }, onClose }: DoingProps) {
  const [isAsking, setAsking] = useState(!action.isInstant);
  const isBegun = useRef(false);
  useEffect(() => {
    if (!action.isInstant || isBegun.current) return;
    isBegun.current = true;
    void perform(action, input).then((result) => {
      // A server that requires reasons refuses an instant action without one: then open the dialog, which asks for it.
      if (result.kind === 'refused' && result.refusal.issues?.some(({ path }) => path.at(-1) === 'reason'))
        return setAsking(true);
      if (result.kind === 'done') toast(action.says(result.payload));
      else toast(result.kind === 'broken' ? result.message : result.refusal.message, 'bad');
      onClose();
    });
  }, [action, input, onClose]);
  return isAsking ? <ActionDialog action={action} input={input} subject={subject} onClose={onClose} /> : null;
}
