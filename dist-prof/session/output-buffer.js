/** Keeps everything; its owner watches `bytes`. */
export class WholeOutput {
    #items = [];
    bytes = 0;
    add(item) {
        this.#items.push(item);
        this.bytes += Buffer.byteLength(payloadOf(item));
    }
    take() {
        const items = this.#items;
        this.#items = [];
        this.bytes = 0;
        return items;
    }
}
const edgeBytes = 512 * 1024;
const imageBytes = 8 * 1024 * 1024;
const maxItems = 32_768;
/**
 * Keeps the first and the last 512 KiB of text, 8 MiB of images and audio and 32 768 items, with a remark where the rest
 * was, as the reference's bounded sessions do (contract section 16.5).
 */
export class BoundedOutput {
    #head = [];
    #headBytes = 0;
    #tail = [];
    #tailBytes = 0;
    #tailStart = 0;
    #mediaBytes = 0;
    #omitted = { bytes: 0, segments: 0, images: 0, audio: 0 };
    get bytes() {
        return this.#headBytes + this.#tailBytes + this.#mediaBytes;
    }
    add(item) {
        if (item.type !== 'input_text')
            return this.#addMedia(item);
        const bytes = Buffer.byteLength(item.text);
        if (this.#tail.length === 0 && this.#headBytes + bytes <= edgeBytes && this.#head.length < maxItems / 2) {
            this.#head.push(item);
            this.#headBytes += bytes;
            return;
        }
        this.#tail.push(item);
        this.#tailBytes += bytes;
        this.#trim();
    }
    #addMedia(item) {
        const bytes = Buffer.byteLength(payloadOf(item));
        if (this.#mediaBytes + bytes > imageBytes || this.#head.length + this.#tail.length - this.#tailStart >= maxItems) {
            if (item.type === 'input_image')
                this.#omitted.images++;
            else
                this.#omitted.audio++;
            return;
        }
        this.#mediaBytes += bytes;
        if (this.#tail.length === 0)
            this.#head.push(item);
        else
            this.#tail.push(item);
    }
    /** Drops whole texts from the front of the tail as long as what follows fills its share. */
    #trim() {
        while (this.#tail.length - this.#tailStart > 1) {
            const first = this.#tail[this.#tailStart];
            const firstBytes = first?.type === 'input_text' ? Buffer.byteLength(first.text) : 0;
            const tooMany = this.#tail.length - this.#tailStart > maxItems / 2;
            const room = edgeBytes - this.#headBytes;
            if (!tooMany && this.#tailBytes - firstBytes < edgeBytes + room)
                return;
            if (first?.type === 'input_image')
                this.#omitted.images++;
            else if (first?.type === 'input_audio')
                this.#omitted.audio++;
            else {
                this.#omitted.segments++;
                this.#omitted.bytes += firstBytes;
                this.#tailBytes -= firstBytes;
            }
            this.#tailStart++;
        }
    }
    take() {
        const items = this.#collect();
        this.#head = [];
        this.#headBytes = 0;
        this.#tail = [];
        this.#tailBytes = 0;
        this.#tailStart = 0;
        this.#mediaBytes = 0;
        this.#omitted = { bytes: 0, segments: 0, images: 0, audio: 0 };
        return items;
    }
    #collect() {
        const tail = this.#tail.slice(this.#tailStart);
        const { segments, images, audio } = this.#omitted;
        const untouched = segments + images + audio === 0;
        if (untouched && this.#headBytes + this.#tailBytes <= 2 * edgeBytes)
            return [...this.#head, ...tail];
        const { kept, rest, cut } = this.#fillHead(tail);
        const last = keepLast(rest, edgeBytes);
        const bytes = this.#omitted.bytes + last.omitted;
        const remark = `[Code Mode session output limit reached: omitted ${bytes} text bytes; discarded ${segments} text segments, ${images} images, ${audio} audio items]`;
        return [...this.#head, ...kept, ...(cut ? [] : []), { type: 'input_text', text: remark }, ...last.items];
    }
    /** The head takes what it has room for from the first text of the tail, if nothing stood between them. */
    #fillHead(tail) {
        const first = tail[0];
        const room = edgeBytes - this.#headBytes;
        if (room <= 0 || this.#omitted.segments > 0 || first?.type !== 'input_text')
            return { kept: [], rest: tail, cut: false };
        const buffer = Buffer.from(first.text);
        const end = boundaryBefore(buffer, room);
        const head = buffer.toString('utf8', 0, end);
        const remaining = { ...first, text: buffer.toString('utf8', end) };
        return { kept: head === '' ? [] : [{ ...first, text: head }], rest: [remaining, ...tail.slice(1)], cut: true };
    }
}
/** The last `limit` bytes of text of a list; other items in it stay. */
function keepLast(items, limit) {
    const kept = [];
    let left = limit;
    let omitted = 0;
    for (const item of items.toReversed()) {
        if (item.type !== 'input_text') {
            kept.push(item);
            continue;
        }
        const bytes = Buffer.byteLength(item.text);
        if (bytes <= left) {
            kept.push(item);
            left -= bytes;
            continue;
        }
        const buffer = Buffer.from(item.text);
        const start = boundaryAfter(buffer, bytes - left);
        if (start < bytes)
            kept.push({ ...item, text: buffer.toString('utf8', start) });
        omitted += start;
        left = 0;
    }
    return { items: kept.toReversed(), omitted };
}
/** The largest index up to `at` at which a character of UTF-8 begins. */
function boundaryBefore(buffer, at) {
    let index = Math.min(at, buffer.length);
    while (index > 0 && index < buffer.length && isContinuation(buffer[index]))
        index--;
    return index;
}
/** The smallest index from `at` on at which a character of UTF-8 begins. */
function boundaryAfter(buffer, at) {
    let index = at;
    while (index < buffer.length && isContinuation(buffer[index]))
        index++;
    return index;
}
function isContinuation(byte) {
    return byte !== undefined && (byte & 0xc0) === 0x80;
}
function payloadOf(item) {
    switch (item.type) {
        case 'input_text':
            return item.text;
        case 'input_image':
            return item.image_url;
        case 'input_audio':
            return item.audio_url;
        default:
            return item;
    }
}
//# sourceMappingURL=output-buffer.js.map