export default function EnqueueMany() {
  return null;
}
