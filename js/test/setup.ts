import "../src/styles/batchgen.css";
