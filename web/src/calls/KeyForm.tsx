export function KeyForm({ reason, onKey }: { reason: string; onKey: (key: string) => void }) {
  return (
    <form
      className="key-form"
      action={(data: FormData) => {
        const key = data.get('key');
        if (typeof key === 'string' && key.length > 0) {
          onKey(key);
        }
      }}
    >
      <p className="muted">{reason}</p>
      <label className="sr-only" htmlFor="api-key">
        API key
      </label>
      <input id="api-key" name="key" type="password" placeholder="API key" autoComplete="off" />
      <button type="submit">Show calls</button>
    </form>
  );
}
