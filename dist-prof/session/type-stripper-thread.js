import { stripTypeScriptTypes } from 'node:module';
import { parentPort } from 'node:worker_threads';
// The thread behind `type-stripper.ts`: one answer for each source, in order.
parentPort?.on('message', ({ id, source }) => {
    parentPort?.postMessage({ id, ...strip(source) });
});
function strip(source) {
    try {
        return { source: stripTypeScriptTypes(source) };
    }
    catch (error) {
        const isUnsupported = error instanceof Error && 'code' in error && error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
        return isUnsupported ? { reason: error.message.split('\n')[0] ?? '' } : {};
    }
}
//# sourceMappingURL=type-stripper-thread.js.map