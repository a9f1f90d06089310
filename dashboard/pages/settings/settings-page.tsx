import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="settings">Not written yet.</Page>;
}
