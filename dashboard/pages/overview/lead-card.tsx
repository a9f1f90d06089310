/** A summary card with a link to the page that shows the details. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Card } from '../../ui/card.tsx';

export function LeadCard({
  title,
  href,
  children,
}: {
  readonly title: string;
  readonly href: string;
  readonly children: ReactNode;
}) {
  return (
    <Card
      title={title}
      actions={
        <Link href={href} className="text-sm text-accent hover:underline">
          More<span className="sr-only">: {title}</span>
        </Link>
      }
    >
      {children}
    </Card>
  );
}
