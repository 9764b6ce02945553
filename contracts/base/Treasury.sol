// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";

/// @title Treasury
/// @notice Who receives profits, in the storage slot of the flag that pauses: an execution reads both for the price of one.
abstract contract Treasury is Pausable {
    address internal _treasury;
}
