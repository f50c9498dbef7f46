import "../src/styles/batchgen.css";
import "../src/state/visible";
import { fakeKernel } from "../dev/fakeKernel";
import * as parts from "../src/parts";

// Every part is here, as on a page that has been idle; parts.test.tsx shows what it is like to wait for them.
await Promise.all(Object.values(parts).map((part) => part.load(fakeKernel())));
