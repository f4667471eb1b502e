import type { HostProfile } from '../protocol/message.ts';
import type { Transport } from '../protocol/transport.ts';
/** Starts a host process and speaks frames with it over descriptor 3. Throws `HOST_START_FAILED` where it cannot run. */
export declare function startChildTransport(profile: HostProfile, memoryMb: number): Transport;
//# sourceMappingURL=child-transport.d.ts.map