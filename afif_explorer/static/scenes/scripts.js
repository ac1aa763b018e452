// The scripts of all scenes by key.
import {guess} from "./each/guess.js"
import {lever} from "./each/lever.js"
import {liar} from "./each/liar.js"
import {lissa} from "./each/lissa.js"
import {network} from "./each/network.js"
import {penalty} from "./each/penalty.js"
import {pulls} from "./each/pulls.js"
import {question} from "./each/question.js"
import {twins} from "./each/twins.js"
import {weight} from "./each/weight.js"

export const SCRIPTS = {guess, lever, question, pulls, weight, twins, penalty, lissa, network, liar}
