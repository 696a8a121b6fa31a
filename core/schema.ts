/** The one place that names the schema library. */
export { z } from "zod";
