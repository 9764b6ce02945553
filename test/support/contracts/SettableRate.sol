// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title SettableRate
/// @notice A rate provider as Balancer's stable pools ask it, whose rate a test sets.
contract SettableRate {
    /// @notice The rate as a fixed point number with 18 decimals.
    uint256 public getRate;

    constructor(uint256 rate) {
        getRate = rate;
    }

    /// @notice Sets the rate.
    function setRate(uint256 rate) external {
        getRate = rate;
    }
}
