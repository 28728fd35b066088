/** Writes the interrupted series for record.py: `node --import tsx test/golden/tracking/write.ts FOLDER` */
import { writeInterrupted } from "./interrupted.js";

await writeInterrupted(process.argv[2]);
