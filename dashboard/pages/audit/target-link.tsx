/** An audit entry's target, linked to its page. */
import { Link } from 'wouter';
import { None } from '../../ui/none.tsx';
import { targetOf } from './audit-words.rules.ts';

export function TargetLink({
  type,
  id,
  isWhole = false,
}: {
  type: string | null;
  id: string | null;
  isWhole?: boolean;
}) {
  const target = targetOf(type, id);
  if (target === undefined) return <None />;
  const { text, href } = target;
  const name =
    target.id !== undefined && !isWhole && /^[0-9a-f-]{36}$/.test(target.id) ? `${target.id.slice(0, 8)}…` : target.id;
  const label = name === undefined ? text : `${text} ${name}`;
  return href === undefined ? (
    <span title={target.id}>{label}</span>
  ) : (
    <Link href={href} title={target.id} className="text-accent hover:underline">
      {label}
    </Link>
  );
}
