export { WireReader } from './wireReader.ts';
export { wireVersion } from './wireTags.ts';
export { WireWriter } from './wireWriter.ts';
