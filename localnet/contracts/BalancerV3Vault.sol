// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { SlotDerivation } from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import { TransientSlot } from "@openzeppelin/contracts/utils/TransientSlot.sol";

/// @title BalancerV3Vault
/// @notice Twin of the transient accounting of Balancer V3's vault, for which no package has bytecode: what a loan meets.
/// @dev Reproduces `unlock`, which calls its caller with what it was given and passes on what that returns or reverts with;
/// the count of tokens with an open debt or credit, which has to be zero when the outermost `unlock` ends; `sendTo` and
/// `settle`, only while unlocked and not inside each other; reserves, so that what was sent and not settled is not lent,
/// and a settlement that credits no more than its hint; the errors of all that, in the original's order.
///
/// Leaves out pools, swaps, liquidity, buffers, hooks, fees, pauses and queries, and the sessions that only they see. The
/// original answers the views through a second contract.
contract BalancerV3Vault is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SlotDerivation for bytes32;
    using TransientSlot for *;

    error BalanceNotSettled();
    error VaultIsNotUnlocked();

    bytes32 private constant DELTAS = keccak256("BalancerV3Vault.deltas");

    mapping(IERC20 token => uint256) private _reserves;

    bool private transient _unlocked;
    uint256 private transient _openDeltas;

    modifier onlyWhenUnlocked() {
        if (!_unlocked) revert VaultIsNotUnlocked();
        _;
    }

    function unlock(bytes calldata data) external returns (bytes memory result) {
        bool isOutermost = !_unlocked;
        _unlocked = true;
        result = Address.functionCall(msg.sender, data);
        if (!isOutermost) return result;
        if (_openDeltas != 0) revert BalanceNotSettled();
        _unlocked = false;
    }

    /// @notice Credits what arrived since the last settlement, as far as `amountHint`.
    function settle(IERC20 token, uint256 amountHint) external nonReentrant onlyWhenUnlocked returns (uint256 credit) {
        uint256 reserve = _reserves[token];
        uint256 balance = token.balanceOf(address(this));
        _reserves[token] = balance;
        credit = balance - reserve;
        if (credit > amountHint) credit = amountHint;
        _account(token, -SafeCast.toInt256(credit));
    }

    function sendTo(IERC20 token, address to, uint256 amount) external nonReentrant onlyWhenUnlocked {
        _account(token, SafeCast.toInt256(amount));
        _reserves[token] -= amount;
        token.safeTransfer(to, amount);
    }

    function getReservesOf(IERC20 token) external view returns (uint256) {
        return _reserves[token];
    }

    function isUnlocked() external view returns (bool) {
        return _unlocked;
    }

    function getNonzeroDeltaCount() external view returns (uint256) {
        return _openDeltas;
    }

    function getTokenDelta(IERC20 token) external view returns (int256) {
        return _delta(token).tload();
    }

    /// @dev Above zero is what is owed to the vault.
    function _account(IERC20 token, int256 change) private {
        if (change == 0) return;
        int256 current = _delta(token).tload();
        int256 next = current + change;
        if (next == 0) --_openDeltas;
        else if (current == 0) ++_openDeltas;
        _delta(token).tstore(next);
    }

    function _delta(IERC20 token) private pure returns (TransientSlot.Int256Slot) {
        return DELTAS.deriveMapping(address(token)).asInt256();
    }
}
