// The mathematics of the scenes, without a page: small weighted fits, effects, leverages, refits, LiSSA, spectra.
//
// A problem is {model, X, y, strength, intercept, hidden}: model "linear" (squared loss / 2), "logistic" or
// "network" (one tanh layer, logistic loss); rows X [n][d]; y [n]. As in Python:
//   L(theta; w) = (1/n) sum_i w_i l_i(theta) + strength ||theta||^2 / 2,   intercept not penalised,
// theta is (weights, intercept), or (W row by row, b, v, c) for a network, and an effect is the change of a target
// if the row is removed, T(theta(w)) - T(theta(1)).
import {dot, norm, plus, product, spectrum, solver} from "./engine/matrices.js"
import {size, sigmoid, output, prediction, loss, jacobian} from "./engine/models.js"
import {value, rowGradient, gradient, curvature, newton, finish, fit, without, refit, refits} from "./engine/fits.js"
import {measure, oriented, targetGradient, step, leverages, effects, dial, dialTarget} from "./engine/effects.js"
import {random, lissaPath, lissaRule} from "./engine/lissa.js"
import {initial} from "./engine/networks.js"

export {dot, norm, plus, product, spectrum, solver, size, sigmoid, output, prediction, loss, jacobian, value, rowGradient, gradient, curvature, newton, finish, fit, without, refit, refits, measure, oriented, targetGradient, step, leverages, effects, dial, dialTarget, random, lissaPath, lissaRule, initial}
