import { useEffect, useState } from 'react';
import { get, KeyNeeded } from '../calls/api';

export interface Polled<T> {
  data: T | null;
  /** Why the newest answer is missing; data is then the last good one. */
  fault: string | null;
  keyNeeded: boolean;
}

/** Asks for a path again and again while the page is visible; the next time starts when the last is answered. */
export function usePolled<T>(path: string, everyMs: number, apiKey: string | null): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ data: null, fault: null, keyNeeded: false });

  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const ask = async () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') {
        const outcome = await get<T>(path, apiKey).then(
          (data) => ({ data, fault: null, keyNeeded: false }),
          (error: unknown) => ({
            fault: error instanceof KeyNeeded ? error.message : 'The platform does not answer.',
            keyNeeded: error instanceof KeyNeeded,
          }),
        );
        // The cleanup may have run while the answer was on its way.
        if (stopped) {
          return;
        }
        setPolled((last) => ({ data: last.data, ...outcome }));
      }
      timer = setTimeout(() => void ask(), everyMs);
    };

    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [path, everyMs, apiKey]);

  return polled;
}
