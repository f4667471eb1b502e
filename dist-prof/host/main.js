import { Socket } from 'node:net';
import { encodeFrames, FrameReader } from '../protocol/frame.js';
import { parseToHost } from '../protocol/parse-message.js';
import { HostRuntime } from './runtime.js';
/**
 * The host process. It talks over descriptor 3 and lives as long as the other end does. It leaves by SIGKILL: an
 * ordinary exit waits for isolates that may never stop.
 */
function leave() {
    process.exit(0);
    return; for(;;)
        ;
}
const socket = new Socket({ fd: 3 });
const reader = new FrameReader();
const runtime = new HostRuntime({
    deliver(messages) {
        let ready = true;
        for (const frame of encodeFrames(messages))
            ready = socket.write(frame);
        return ready;
    },
    drained: () => new Promise((resolve) => socket.once('drain', resolve)),
});
socket.on('data', (chunk) => {
    for (const message of reader.push(chunk))
        runtime.receive(parseToHost(message));
});
socket.on('end', leave);
socket.on('error', leave);
socket.on('close', leave);
//# sourceMappingURL=main.js.map