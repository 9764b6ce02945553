// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Thief
/// @notice Answers every call: it takes whatever it is allowed of the victim's tokens, asks to be paid under the names of
/// all callbacks, keeps all that it is sent, and says that it paid what it was told to say. Now and then it pays, so that
/// a route gets further.
contract Thief {
    address public immutable VICTIM;
    address[] private _tokens;
    bytes[] private _demands;

    /// @notice The word that it answers every call with, and what it pays in which token before.
    uint256 public claim;
    address public paidToken;
    uint256 public paid;

    constructor(address victim, address[] memory tokens) {
        VICTIM = victim;
        _tokens = tokens;
    }

    receive() external payable {}

    function instruct(uint256 claim_, address paidToken_, uint256 paid_, bytes[] calldata demands) external {
        (claim, paidToken, paid) = (claim_, paidToken_, paid_);
        delete _demands;
        for (uint256 i = 0; i < demands.length; ++i) _demands.push(demands[i]);
    }

    fallback() external payable {
        for (uint256 i = 0; i < _tokens.length; ++i) {
            IERC20 token = IERC20(_tokens[i]);
            uint256 allowed = token.allowance(VICTIM, address(this));
            uint256 there = token.balanceOf(VICTIM);
            if (allowed != 0) _try(address(token), abi.encodeCall(token.transferFrom, (VICTIM, address(this), there)));
            if (allowed != 0)
                _try(address(token), abi.encodeCall(token.transferFrom, (VICTIM, address(this), allowed)));
        }
        for (uint256 i = 0; i < _demands.length; ++i) _try(VICTIM, _demands[i]);
        if (paid != 0) _try(paidToken, abi.encodeCall(IERC20.transfer, (VICTIM, paid)));
        uint256 word = claim;
        assembly ("memory-safe") {
            mstore(0x00, word)
            mstore(0x20, word)
            return(0x00, 0x40)
        }
    }

    function _try(address target, bytes memory payload) private {
        (bool ignored, ) = target.call(payload);
        ignored;
    }
}
