import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="failures">Not written yet.</Page>;
}
