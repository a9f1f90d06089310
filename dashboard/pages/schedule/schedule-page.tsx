import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="schedule">Not written yet.</Page>;
}
