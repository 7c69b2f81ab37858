import { useState } from 'react';
import { usePolled } from '../ui/usePolled';
import type { CallRecord } from './api';

const keyName = 'ocp.api.key';
const everyMs = 1_000;

export interface Calls {
  data: CallRecord[] | null;
  fault: string | null;
  keyNeeded: boolean;
  apiKey: string | null;
  setApiKey: (key: string) => void;
}

/** The newest calls, asked for each second, with the key that a person may have entered for this tab. */
export function useCalls(): Calls {
  const [apiKey, setKey] = useState(() => sessionStorage.getItem(keyName));
  const { data, fault, keyNeeded } = usePolled<{ calls: CallRecord[] }>(
    '/api/calls?limit=50',
    everyMs,
    apiKey,
  );
  return {
    data: data?.calls ?? null,
    fault,
    keyNeeded,
    apiKey,
    setApiKey: (key) => {
      sessionStorage.setItem(keyName, key);
      setKey(key);
    },
  };
}
