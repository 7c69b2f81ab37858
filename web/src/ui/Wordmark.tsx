export function Wordmark() {
  return (
    <h1 className="wordmark">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path d="M4 16h3M10 11v10M16 6v20M22 11v10M28 16h-3" />
      </svg>
      OCPlatform
    </h1>
  );
}
