/** A placeholder while a page's code is loading. */
import { Page } from '../ui/page.tsx';

/** `title`: undefined if only the page itself knows it. */
export function LatePage({ title }: { readonly title: string | undefined }) {
  const skeleton = <div aria-hidden className="h-64 animate-pulse rounded-lg bg-raised" />;
  if (title !== undefined) return <Page title={title}>{skeleton}</Page>;
  return <div className="mx-auto max-w-350 px-4 py-5 md:px-6">{skeleton}</div>;
}
