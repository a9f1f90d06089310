import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="webhook">Not written yet.</Page>;
}
